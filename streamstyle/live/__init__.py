"""What turns a stream that paints into something a person sits in front of: view, keys, overlay, quality, matte."""
