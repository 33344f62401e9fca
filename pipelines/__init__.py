"""One short module per use; each offers HELP, add_arguments(parser) and run(arguments)."""
