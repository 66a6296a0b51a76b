"""Speed, as ratios against an anchor measured in the same run. Nothing here is asserted by the tests."""
