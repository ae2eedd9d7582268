"""Pure stages in order: values in, values out. Nothing here touches a file, clock or log."""
