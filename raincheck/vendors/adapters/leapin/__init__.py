"""LeapIn: AI interviews whose links only lapse; nothing there takes one back."""
