"""Training of styles: what pictures should look like (features, losses, objectives) and the run that gets there."""
