"""From the file of alerts to people: commands, web hooks, chats and mail, and a file of metrics."""
