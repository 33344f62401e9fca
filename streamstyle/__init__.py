"""StreamStyle paints moving pictures while they play: clips, webcams and video calls."""
