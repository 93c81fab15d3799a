"""提醒: some time before an interview, a word; with it a link by which one tap answers."""
