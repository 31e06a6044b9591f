"""What happens in videos, told from small pictures of their frames."""
