# The numbers of test_runaway.py: nlme, tightened, printed with 17 digits.
library(nlme)
d <- data.frame(y=c(-52.390817, -51.438087, -50.259667, -48.535983, -46.399037, -47.606119), x=c(6000,7000,8000,6000,7000,6000), v=c(1.20,1.06,1.34,1.04,.37,.60), a=c("a3","a3","a3","a6","a6","a10"))
f <- lme(y ~ x, random=~1|a, d, weights=varPower(form=~v), method="ML", control=lmeControl(msTol=1e-12,tolerance=1e-10,msMaxIter=500,maxIter=500,opt="nlminb"))
print(c(logLik(f), f$sigma, coef(f$modelStruct$varStruct)),digits=17)
