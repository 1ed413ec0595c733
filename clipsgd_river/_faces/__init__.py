"""What makes a kernel a River and a scikit-learn object."""
