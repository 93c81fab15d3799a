"""How long each kind of data is kept, by company: rules, what they would do, the nightly run, and its proof."""
