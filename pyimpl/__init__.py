"""A native Python ``lme``: linear mixed-effects models as R's nlme fits and prints them."""
