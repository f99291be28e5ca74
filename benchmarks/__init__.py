"""What a fit costs, in ordinary regressions of the same data and beside other packages."""
