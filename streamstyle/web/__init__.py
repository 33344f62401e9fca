"""Video calls: the page, WebRTC peers, WHIP and WHEP rooms."""
