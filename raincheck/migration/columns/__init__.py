"""What each column of a file is: by its heading, its values, a system's own names, or as a person says or said."""
