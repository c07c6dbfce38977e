"""The web page: server-rendered, for people; readable without scripts. Reads through the queries, writes through the Commands port."""
