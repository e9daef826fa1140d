"""The engines that run a network, behind one interface."""
