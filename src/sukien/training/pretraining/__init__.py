"""Pre-training of an encoder on unlabelled text: corpus -> token file -> replaced-token detection -> model folder."""
