"""The article's text: found by the outlet's rules or without any, and cleared of what is the site's."""
