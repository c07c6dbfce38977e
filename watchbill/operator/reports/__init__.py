"""Reports: what is told to people, composed once as a document and written as Markdown or HTML."""
