"""Lines as they stand in nlme's scripts and help pages, and in those of lme4, lmerTest and pbkrtest.

Each script is a list of lines that build on each other, fits under the names that the lines give them. They were
chosen before rbridge.rcall was tried on them: none was left out because it failed, and what is refused stands in
:data:`REFUSED` with the reason.
"""

from __future__ import annotations

NLME = {
    "ch01 rails": ["fm1Rail.lme <- lme(travel ~ 1, data = Rail, random = ~1 | Rail)",
                   'fm1Rail.lmeML <- update(fm1Rail.lme, method = "ML")'],
    "ch01 stools": ["fm1Stool <- lme(effort ~ Type, data = ergoStool, random = ~1 | Subject)",
                    "fm3Stool <- lme(effort ~ Type - 1, data = ergoStool, random = ~1 | Subject)"],
    "ch01 machines": ["fm1Machine <- lme(score ~ Machine, data = Machines, random = ~1 | Worker)",
                      "fm2Machine <- update(fm1Machine, random = ~1 | Worker/Machine)",
                      "(fm3Machine <- update(fm1Machine, random = ~Machine - 1 | Worker))"],
    "ch01 pixels": ["fm1Pixel <- lme(pixel ~ day + I(day^2), data = Pixel, random = list(Dog = ~day, Side = ~1))",
                    "fm2Pixel <- update(fm1Pixel, random = ~day | Dog)",
                    "fm3Pixel <- update(fm1Pixel, random = ~1 | Dog/Side)",
                    "fm4Pixel <- update(fm1Pixel, pixel ~ day + I(day^2) + Side)",
                    "fm1 <- lme(pixel ~ day + day^2, Pixel, random = list(Dog = ~day, Side = ~1))"],
    "ch01 oats": ["fm1Oats <- lme(yield ~ ordered(nitro) * Variety, data = Oats, random = ~1 | Block/Variety)",
                  "fm2Oats <- update(fm1Oats, yield ~ ordered(nitro) + Variety)",
                  "fm4Oats <- lme(yield ~ nitro, data = Oats, random = ~1 | Block/Variety)"],
    "ch02 rails": ["fm1Rail.lme <- lme(travel ~ 1, data = Rail, random = ~1 | Rail,\n"
                   "    control = list(msVerbose = TRUE, niterEM = 0))"],
    "ch04 lists": ["fm1Orth.lis <- lmList(distance ~ age | Subject, Orthodont)",
                   "fm1Orth.lis <- lmList(distance ~ age, Orthodont)",
                   "fm1Orth.lis <- lmList(Orthodont)",
                   "fm2Orth.lis <- update(fm1Orth.lis, distance ~ I(age - 11))",
                   "fm1Orth.lme <- lme(fm2Orth.lis)",
                   "fm2Orth.lme <- update(fm1Orth.lme, distance ~ Sex * I(age - 11))",
                   'fm2Orth.lmeM <- update(fm2Orth.lme, method = "ML")',
                   "fm3Orth.lme <- update(fm2Orth.lme, weights = varIdent(form = ~1 | Sex))"],
    "ch04 grouped": ["fm1Orth.lme <- lme(distance ~ I(age - 11), data = Orthodont)",
                     "fm1 <- lme(Orthodont, random = ~1)",
                     'fm1 <- lme(distance ~ age, data = Orthodont, subset = Sex == "Female")'],
    "ch04 IGF": ["(fm2IGF.lme <- lme(conc ~ age, IGF, random = pdDiag(~age)))",
                 "lme(conc ~ age, IGF, pdDiag(diag(2), ~age))",
                 "fm3IGF.lme <- update(fm2IGF.lme, random = ~age - 1)"],
    "ch04 blocks": ["fm4OatsB <- lme(yield ~ nitro, data = Oats, random = list(Block = pdCompSymm(~Variety - 1)))",
                    "fm4OatsC <- lme(yield ~ nitro, data = Oats,\n"
                    "  random = list(Block = pdBlocked(list(pdIdent(~1), pdIdent(~Variety - 1)))))"],
    "ch04 assays": ["fm1Assay <- lme(logDens ~ sample * dilut, Assay, random = pdBlocked(list(pdIdent(~1),\n"
                    "  pdIdent(~sample - 1), pdIdent(~dilut - 1))))"],
    "ch04 oxide": ["fm1Oxide <- lme(Thickness ~ 1, Oxide)",
                   "fm2Oxide <- update(fm1Oxide, random = ~1 | Lot)"],
    "ch04 wafers": ["fm1Wafer <- lme(current ~ voltage + I(voltage^2), data = Wafer, random = list(Wafer = "
                    "pdDiag(~voltage + I(voltage^2)), Site = pdDiag(~voltage + I(voltage^2))))",
                    "fm2Wafer <- update(fm1Wafer, . ~ . + cos(4.5679 * voltage) + sin(4.5679 * voltage),\n"
                    "  random = list(Wafer = pdDiag(~voltage + I(voltage^2)),\n"
                    "                Site = pdDiag(~voltage + I(voltage^2))))"],
    "ch05 dialyzers": ["fm1Dial.lme <- lme(rate ~ (pressure + I(pressure^2) + I(pressure^3) + I(pressure^4)) * QB,\n"
                       "  Dialyzer, ~pressure + I(pressure^2))",
                       "fm2Dial.lme <- update(fm1Dial.lme, weights = varPower(form = ~pressure))",
                       "fm4Dial.lme <- update(fm2Dial.lme, weights = varConstPower(form = ~pressure))"],
    "ch05 rats": ["fm1BW.lme <- lme(weight ~ Time * Diet, BodyWeight, random = ~Time)",
                  "fm2BW.lme <- update(fm1BW.lme, weights = varPower())",
                  "fm3BW.lme <- update(fm2BW.lme, correlation = corExp(form = ~Time))"],
    "ch05 mares": ["fm1Ovar.lme <- lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), data = Ovary,\n"
                   "  random = pdDiag(~sin(2 * pi * Time)))",
                   "fm2Ovar.lme <- update(fm1Ovar.lme, correlation = corAR1())",
                   "fm4Ovar.lme <- update(fm1Ovar.lme, correlation = corCAR1(form = ~Time))",
                   "(fm5Ovar.lme <- update(fm1Ovar.lme, corr = corARMA(p = 1, q = 1)))"],
    "ch05 gls": ["fm1Orth.gls <- gls(distance ~ Sex * I(age - 11), Orthodont,\n"
                 "  correlation = corSymm(form = ~1 | Subject), weights = varIdent(form = ~1 | age))",
                 "fm2Orth.gls <- update(fm1Orth.gls, corr = corCompSymm(form = ~1 | Subject))",
                 "fm3Orth.gls <- update(fm2Orth.gls, weights = NULL)",
                 "fm4Orth.gls <- update(fm3Orth.gls, weights = varIdent(form = ~1 | Sex))"],
    "ch05 wheat": ["fm1Wheat2 <- gls(yield ~ variety - 1, Wheat2)",
                   "fm3Wheat2 <- update(fm1Wheat2, corr = corRatio(c(12.5, 0.2), form = ~latitude + longitude, "
                   "nugget = TRUE))",
                   "fm4Wheat2 <- update(fm3Wheat2, model = yield ~ variety)"],
    "ch08 dialyzers": ["fm3Dial.gls <- gls(rate ~ (pressure + I(pressure^2) + I(pressure^3) + I(pressure^4)) * QB, "
                       "Dialyzer,\n  weights = varPower(form = ~pressure), corr = corAR1(0.771, form = ~1 | Subject))",
                       'fm3Dial.glsML <- update(fm3Dial.gls, method = "ML")'],
    "help logLik.lme": ['fm1 <- lme(distance ~ Sex * age, Orthodont, random = ~age, method = "ML")'],
    "help anova.gls": ["fm1 <- gls(follicles ~ sin(2*pi*Time) + cos(2*pi*Time), Ovary,\n"
                       "           correlation = corAR1(form = ~ 1 | Mare))"],
}  # fmt: skip

LME4 = {
    "help Dyestuff": ["(fm1 <- lmer(Yield ~ 1 | Batch, Dyestuff))", "(fm2 <- lmer(Yield ~ 1 | Batch, Dyestuff2))"],
    "help Pastes": ["(fm1 <- lmer(strength ~ (1 | batch) + (1 | sample), Pastes))",
                    "(fm2 <- lmer(strength ~ (1 | batch/cask), Pastes))",
                    "(fm3 <- lmer(strength ~ (1 | batch) + (1 | batch:cask), Pastes))"],
    "help Penicillin": ["(fm1 <- lmer(diameter ~ (1 | plate) + (1 | sample), Penicillin))"],
    "help cake": ["(fm1 <- lmer(angle ~ recipe * temperature + (1 | recipe:replicate), cake, REML = FALSE))",
                  "(fm3 <- lmer(angle ~ recipe + temp + (1 | recipe:replicate), cake, REML = FALSE))"],
    "help lmer": ["(fm1 <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy))",
                  "fm1_ML <- update(fm1, REML = FALSE, verbose = 1)",
                  "(fm2 <- lmer(Reaction ~ Days + (Days || Subject), sleepstudy))"],
    "help lmerControl": ["fm0 <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy)",
                         'fm1_bobyqa <- update(fm0, control = lmerControl(optimizer = "bobyqa"))',
                         'fm1_NMead <- update(fm0, control = lmerControl(optimizer = "Nelder_Mead"))'],
    "help nloptwrap": ["fm1 <- lmer(Reaction ~ Days + (Days | Subject), sleepstudy)",
                       "fm1B <- update(fm1, control = lmerControl(optCtrl = list(xtol_abs = 1e-08, ftol_abs = 1e-08)))",
                       "fm1C <- update(fm1, control = lmerControl(optCtrl = list(maxeval = 10000)))",
                       'fm1_NM <- update(fm1, control = lmerControl(optimizer = "nloptwrap", optCtrl = '
                       'list(algorithm = "NLOPT_LN_NELDERMEAD")))',
                       'fm1_nlminb <- update(fm1, control = lmerControl(optimizer = "nlminbwrap"))'],
    "help sleepstudy": ["(fm2 <- lmer(Reaction ~ Days + (1 | Subject) + (0 + Days | Subject), sleepstudy,\n"
                        "             subset = Days >= 2))"],
    "help dummy": ['lmer(distance ~ age + (age | Subject) + (0 + dummy(Sex, "Female") | Subject), data = Orthodont)'],
    "help lmerTest": ["fm <- lmer(Reaction ~ poly(Days, 2) + (Days | Subject), sleepstudy)",
                      "fm3 <- update(fm, ~. - poly(Days, 2))",
                      "fm <- lmer(Informed.liking ~ Product * Information * Gender * Age + +(1 | Consumer) + "
                      "(1 | Consumer:Product) + (1 | Consumer:Information), data = ham)"],
    "help pbkrtest": ["sug <- lmer(sugpct ~ block + sow + harvest + (1 | block:harvest), data = beets, REML = FALSE)",
                      "sug.h <- update(sug, . ~ . - harvest)"],
}  # fmt: skip

#: Lines of the same sources that are refused, and what the error must say of why.
REFUSED = {
    "fm2 <- lmer(Reaction ~ Days + Days2 + (1 | Subject), data = transform(sleepstudy, Days2 = Days))": "one name",
    'fm0_brent <- update(fm0, control = lmerControl(optimizer = "optimwrap", optCtrl = list(method = "Brent")))':
        "optimizer",
    "gm1Devfun <- update(gm1, devFunOnly = TRUE)": "no fit that can be updated",
    "fm2Soy.nlme <- update(fm1Soy.nlme, weights = varPower())": "no fit that can be updated",
    "fm1Orth.lm <- lm(distance ~ age, Orthodont)": "isn't one of",
    "fm1Indom.nlme <- nlme(fm1Indom.lis, random = pdDiag(A1 + lrc1 + A2 + lrc2 ~ 1))": "isn't one of",
    "print(fm1Oats)": "isn't one of",
    "fm1 <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy, offset = Days)": "write \\+ offset",
    "fm1 <- lmer(Reaction ~ Days + (1 | Subject), sleepstudy, start = 1)": "start isn't supported",
}  # fmt: skip

DATA = {
    "nlme": ("Rail", "ergoStool", "Machines", "Pixel", "Oats", "Orthodont", "IGF", "Assay", "Oxide", "Wafer",
             "Dialyzer", "BodyWeight", "Ovary", "Wheat2"),
    "lme4": ("Dyestuff", "Dyestuff2", "Pastes", "Penicillin", "cake", "sleepstudy"),
    "lmerTest": ("ham",),
    "pbkrtest": ("beets",),
}  # fmt: skip
