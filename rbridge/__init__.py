"""The real ``nlme::lme``, called from Python through rpy2."""
