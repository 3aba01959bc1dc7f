"""The frame of the command line: the words of every command, shared options, failures turned into exit codes."""
