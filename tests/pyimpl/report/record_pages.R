# Records pages.json: for many lme fits, the numbers of nlme's printed pages (17 digits) and the pages themselves.
# The tests fill the numbers into pyimpl.report's pages and ask for R's text, so they run without R.
#
#   Rscript --vanilla tests/pyimpl/report/record_pages.R tests/pyimpl/report/pages.json
#
# The fits are there for their pages' shapes, not for their worth as models.

suppressPackageStartupMessages(library(nlme))
options(width = 80, digits = 7, warn = -1)
output <- commandArgs(trailingOnly = TRUE)[1]

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "page_numbers.R"))

# --- The fits ----------------------------------------------------------------------------------------------------
data(Orthodont); data(Oats); data(Machines); data(Pixel); data(Rail)
set.seed(20221110)
hsb <- merge(as.data.frame(MathAchieve), as.data.frame(MathAchSchool)[c("School", "Sector", "Size", "PRACAD")],
             by = "School")
names(hsb) <- c("id", "minority", "female", "ses", "mathach", "meanses", "sector", "size", "pracad")
hsb$id <- factor(as.character(hsb$id))
hsb$cses <- hsb$ses - ave(hsb$ses, hsb$id)
big <- transform(as.data.frame(Orthodont), distance = distance * 1e9)
tiny <- transform(as.data.frame(Orthodont), distance = distance * 1e-9, age = age * 1e6)
shifted <- transform(as.data.frame(Orthodont), distance = distance + 1e6)
long <- setNames(as.data.frame(Orthodont), c("the_distance_from_the_pituitary", "age_of_the_child_in_whole_years",
  "the_subject_who_was_measured_repeatedly", "the_sex_of_the_child"))
seven <- data.frame(matrix(rnorm(400 * 9), 400, 9), g = factor(rep(1:50, each = 8)), h = factor(rep(1:10, each = 40)))
names(seven)[1:9] <- c("y", "alpha", "beta_coefficient", "gamma", "delta.two", "epsilon", "zeta", "eta", "theta")
seven$y <- seven$y + as.matrix(seven[, 2:5]) %*% rnorm(4) + rnorm(50)[seven$g] * (1 + seven$alpha) + 3 * rnorm(10)[seven$h]
seven$y <- as.vector(seven$y)
few <- data.frame(y = c(1, 2, 4, 7, 6), g = c("a", "a", "b", "b", "c"))
named <- transform(as.data.frame(Rail), Rail = paste("the rail numbered", Rail))
three <- data.frame(y = rnorm(240), x = rnorm(240), school = gl(8, 30), class = gl(24, 10), child = gl(80, 3))
three$y <- three$y + rnorm(8)[three$school] + rnorm(24)[three$class] + rnorm(80)[three$child]
words <- transform(as.data.frame(Machines), Machine = c(A = "old lathe", B = "new lathe", C = "Größe")[as.character(Machine)])
saturated <- data.frame(y = rnorm(20), g = gl(2, 10), x = rep(0:1, each = 10), z = rnorm(20))
tight <- lmeControl(msMaxIter = 500, msMaxEval = 2000, niterEM = 100, returnObject = TRUE)

cases <- alist(
  hsb_empty = lme(mathach ~ 1, hsb, ~ 1 | id),
  hsb_means = lme(mathach ~ meanses, hsb, ~ 1 | id),
  hsb_random = lme(mathach ~ cses, hsb, ~ cses | id),
  hsb_full = lme(mathach ~ meanses * cses + sector * cses, hsb, ~ cses | id),
  hsb_full_ml = lme(mathach ~ meanses * cses + sector * cses, hsb, ~ cses | id, method = "ML"),
  hsb_intercepts = lme(mathach ~ meanses * cses + sector * cses, hsb, ~ 1 | id),
  hsb_factors = lme(mathach ~ sector * minority + female, hsb, ~ 1 | id, method = "ML"),
  hsb_size = lme(mathach ~ size + pracad, hsb, ~ 1 | id),
  rail = lme(travel ~ 1, Rail, ~ 1 | Rail),
  rail_ml = lme(travel ~ 1, Rail, ~ 1 | Rail, method = "ML"),
  ergo = lme(effort ~ Type, ergoStool, ~ 1 | Subject),
  ergo_no_intercept = lme(effort ~ Type - 1, ergoStool, ~ 1 | Subject),
  machines = lme(score ~ Machine, Machines, ~ 1 | Worker),
  machines_nested = lme(score ~ Machine, Machines, ~ 1 | Worker/Machine),
  machines_general = lme(score ~ Machine, Machines, ~ Machine - 1 | Worker),
  machines_comp_symm = lme(score ~ Machine, Machines, list(Worker = pdCompSymm(~ Machine - 1))),
  machines_ident = lme(score ~ Machine, Machines, list(Worker = pdIdent(~ Machine - 1))),
  machines_diag = lme(score ~ Machine - 1, Machines, list(Worker = pdDiag(~ Machine - 1)), method = "ML"),
  machines_symm = lme(score ~ Machine, Machines, list(Worker = pdSymm(~ Machine - 1))),
  machines_natural = lme(score ~ Machine, Machines, list(Worker = pdNatural(~ Machine - 1)), control = tight),
  machines_words = lme(score ~ Machine, words, ~ 1 | Worker),
  machines_words_general = lme(score ~ Machine, words, list(Worker = pdSymm(~ Machine - 1))),
  orthodont = lme(distance ~ age, Orthodont, ~ age | Subject),
  orthodont_default = lme(distance ~ age, Orthodont),
  orthodont_sex = lme(distance ~ age * Sex, Orthodont, ~ 1 | Subject),
  orthodont_centred = lme(distance ~ Sex * I(age - 11), Orthodont, ~ I(age - 11) | Subject, method = "ML"),
  orthodont_poly = lme(distance ~ poly(age, 2) + Sex, Orthodont, ~ 1 | Subject),
  orthodont_log = lme(log(distance) ~ log(age) + Sex, Orthodont, ~ log(age) | Subject),
  orthodont_diag = lme(distance ~ age * Sex, Orthodont, list(Subject = pdDiag(~ age))),
  orthodont_blocked = lme(distance ~ age * Sex, Orthodont,
    list(Subject = pdBlocked(list(pdIdent(~ 1), pdDiag(~ age - 1))))),
  orthodont_blocked_general = lme(distance ~ age, Orthodont,
    list(Subject = pdBlocked(list(pdSymm(~ age), pdIdent(~ Sex - 1)))), control = tight),
  orthodont_subset = lme(distance ~ age, Orthodont, ~ 1 | Subject, subset = Sex == "Female" & age > 8),
  orthodont_big = lme(distance ~ age * Sex, big, ~ age | Subject, control = tight),
  orthodont_tiny = lme(distance ~ age, tiny, ~ 1 | Subject),
  orthodont_shifted = lme(distance ~ age + Sex, shifted, ~ 1 | Subject),
  orthodont_scaled_x = lme(distance ~ I(age * 1e7) + Sex, Orthodont, ~ 1 | Subject),
  orthodont_long_names = lme(the_distance_from_the_pituitary ~ age_of_the_child_in_whole_years *
    the_sex_of_the_child, long, ~ age_of_the_child_in_whole_years | the_subject_who_was_measured_repeatedly),
  orthodont_ar1 = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1()),
  orthodont_ar1_form = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1(0.3, form = ~ age | Subject)),
  orthodont_car1 = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corCAR1(form = ~ age)),
  orthodont_arma = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corARMA(p = 1, q = 1)),
  orthodont_comp_symm = lme(distance ~ age, Orthodont, list(Subject = pdDiag(~ age - 1)), correlation = corCompSymm()),
  orthodont_cor_symm = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corSymm(), weights = varIdent(form = ~ 1 | age)),
  orthodont_exp = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corExp(form = ~ age)),
  orthodont_ident = lme(distance ~ age * Sex, Orthodont, ~ age | Subject, weights = varIdent(form = ~ 1 | Sex)),
  orthodont_ident_age = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varIdent(form = ~ 1 | Sex * age)),
  orthodont_power = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varPower()),
  orthodont_power_sex = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varPower(form = ~ age | Sex)),
  orthodont_var_exp = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varExp(form = ~ age)),
  orthodont_const_power = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varConstPower(form = ~ age, fixed = list(power = 1))),
  orthodont_fixed = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varFixed(~ age)),
  orthodont_comb = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varComb(varIdent(form = ~ 1 | Sex), varPower(form = ~ age))),
  orthodont_comb_ar1 = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1(), weights = varComb(varIdent(form = ~ 1 | Sex), varFixed(~ age))),
  orthodont_ma = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corARMA(q = 2)),
  orthodont_cor_symm_alone = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corSymm(form = ~ 1 | Subject)),
  orthodont_cor_fixed = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1(0.3, form = ~ 1 | Subject, fixed = TRUE)),
  orthodont_gaus_nugget = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corGaus(form = ~ age, nugget = TRUE)),
  orthodont_lin = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corLin(form = ~ age)),
  orthodont_cor_nested = lme(distance ~ age, Orthodont, ~ 1 | Subject, correlation = corAR1(form = ~ 1 | Subject/Sex)),
  orthodont_const_power_sex = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varConstPower(form = ~ age | Sex)),
  orthodont_const_prop_sex = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varConstProp(form = ~ age | Sex)),
  orthodont_exp_sex = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varExp(form = ~ age | Sex)),
  orthodont_ident_fixed = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varIdent(form = ~ 1 | age, fixed = c("10" = 0.7))),
  orthodont_power_fixed = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varPower(fixed = 0.5)),
  orthodont_comb_sex = lme(distance ~ age, Orthodont, ~ 1 | Subject, weights = varComb(varConstPower(form = ~ age | Sex), varExp(form = ~ age)), control = list(returnObject = TRUE)),
  oats = lme(yield ~ nitro, Oats, ~ 1 | Block/Variety),
  oats_ml = lme(yield ~ ordered(nitro) * Variety, Oats, ~ 1 | Block/Variety, method = "ML"),
  oats_factor = lme(yield ~ factor(nitro) * Variety, Oats, ~ 1 | Block/Variety),
  oats_comp_symm = lme(yield ~ nitro, Oats, list(Block = pdCompSymm(~ Variety - 1), Variety = ~ 1)),
  oats_ident = lme(yield ~ nitro, Oats, list(Block = pdIdent(~ Variety - 1), Variety = pdDiag(~ nitro)), control = tight),
  oats_blocked = lme(yield ~ nitro, Oats, list(Block = pdBlocked(list(pdIdent(~ 1), pdIdent(~ Variety - 1))))),
  oats_blocked_nested = lme(yield ~ nitro, Oats, list(Block = pdBlocked(list(pdIdent(~ 1), pdIdent(~ factor(nitro) - 1))), Variety = ~ 1), control = tight),
  oats_zero = lme(yield ~ nitro, Oats, list(Block = pdDiag(~ nitro))),
  oats_perfect = lme(yield ~ nitro, Oats),
  pixel = lme(pixel ~ day + I(day^2), Pixel, list(Dog = ~ day, Side = ~ 1)),
  pixel_ml = lme(pixel ~ day + I(day^2), Pixel, list(Dog = ~ day, Side = ~ 1), method = "ML"),
  oxide = lme(Thickness ~ 1, Oxide, ~ 1 | Lot/Wafer),
  oxide_source = lme(Thickness ~ Source, Oxide, list(Lot = ~ 1, Wafer = pdDiag(~ Site)), control = tight),
  body_weight = lme(weight ~ Time * Diet, BodyWeight, ~ Time | Rat),
  body_weight_power = lme(weight ~ Time * Diet, BodyWeight, ~ Time | Rat, weights = varPower()),
  alfalfa = lme(Yield ~ Date * Variety, Alfalfa, ~ 1 | Block/Variety),
  oxboys = lme(height ~ age + I(age^2), Oxboys, ~ age + I(age^2) | Subject),
  oxboys_cubic = lme(height ~ poly(age, 3), Oxboys, ~ poly(age, 3) | Subject, control = tight),
  ovary = lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), Ovary, list(Mare = pdDiag(~ sin(2 * pi * Time)))),
  ovary_ar1 = lme(follicles ~ sin(2 * pi * Time) + cos(2 * pi * Time), Ovary, list(Mare = pdDiag(~ sin(2 * pi * Time))), correlation = corAR1()),
  rat_pups = lme(weight ~ sex * Treatment + Lsize, RatPupWeight, ~ 1 | Litter),
  earthquake = lme(accel ~ distance + Richter + soil, Earthquake, ~ 1 | Quake),
  gasoline = lme(yield ~ endpoint + ASTM + vapor, Gasoline, ~ 1 | Sample),
  milk = lme(protein ~ Time * Diet, Milk, ~ 1 | Cow),
  seven_correlated = lme(y ~ alpha + beta_coefficient + gamma + delta.two + epsilon + zeta + eta + theta, seven,
    ~ alpha + gamma | g, control = tight),
  seven_wide = lme(y ~ alpha * beta_coefficient * gamma + delta.two, seven, ~ 1 | g),
  seven_diag = lme(y ~ alpha + gamma, seven, list(g = pdDiag(~ alpha + beta_coefficient + gamma + delta.two + epsilon + zeta + eta)), control = tight),
  seven_symm = lme(y ~ alpha, seven, list(h = pdSymm(~ alpha + gamma + zeta + eta + theta), g = pdSymm(~ alpha)), control = tight),
  seven_long = lme(y ~ alpha + beta_coefficient + I(gamma^2) + log(abs(delta.two) + 1) + poly(epsilon, zeta, degree = 2) +
    eta:theta, seven, ~ 1 | h/g),
  seven_minus = lme(y ~ (alpha + beta_coefficient + gamma + delta.two + epsilon + zeta)^2 - alpha:gamma - zeta:epsilon - 1, seven, ~ 1 | g, method = "ML"),
  few = lme(y ~ 1, few, ~ 1 | g),
  few_ml = lme(y ~ 1, few, ~ 1 | g, method = "ML"),
  rail_names = lme(travel ~ 1, named, ~ 1 | Rail),
  three_levels = lme(y ~ x, three, ~ 1 | school/class/child),
  three_slopes = lme(y ~ x, three, list(school = ~ x, class = pdDiag(~ x), child = ~ 1), method = "ML", control = tight),
  no_df = lme(y ~ x + z, saturated, ~ 1 | g),
  huge = lme(I(y * 1e120) ~ z, saturated, ~ 1 | g),
  minute = lme(I(y * 1e-120) ~ z, saturated, ~ 1 | g),
  exact = lme(I(y * 1e-06 + 3 * z) ~ z, saturated, ~ 1 | g),
  no_data = with(few, lme(y ~ 1, random = ~ 1 | g))
)

records <- Filter(Negate(is.null), unname(Map(record, names(cases), cases)))

# --- anova of several fits, and of combinations --------------------------------------------------------------------
compare <- function(name, call) {
  a <- eval(call)
  table <- list(rows = several(row.names(a)), model = several(a$Model), df = several(a$df), aic = several(a$AIC),
    bic = several(a$BIC), log_lik = several(a$logLik), test = if (!is.null(a$Test)) several(as.character(a$Test)),
    l_ratio = if (!is.null(a$Test)) several(a$L.Ratio), p_value = if (!is.null(a$Test)) several(a$`p-value`))
  list(name = name, r = one_line(call), table = table, page = page(print(a)))
}
m1 <- lme(distance ~ age, Orthodont, ~ 1 | Subject)
m1_again <- update(m1)
m2 <- lme(distance ~ age, Orthodont, ~ age | Subject)
m3 <- lme(distance ~ age, Orthodont, list(Subject = pdDiag(~ age)))
m4 <- lme(distance ~ age, Orthodont, ~ age | Subject, weights = varIdent(form = ~ 1 | Sex))
a1 <- lme(distance ~ 1, Orthodont, ~ 1 | Subject, method = "ML")
a2 <- lme(distance ~ age, Orthodont, ~ 1 | Subject, method = "ML")
a3 <- lme(distance ~ age * Sex, Orthodont, ~ 1 | Subject, method = "ML")
big_1 <- lme(distance ~ age, big, ~ 1 | Subject)
big_2 <- lme(distance ~ age, big, list(Subject = pdDiag(~ age)))
comparisons <- unname(Map(compare, c("nested", "reversed", "same_df", "three", "fixed_ml", "five", "big", "no_test"), alist(
  anova(m1, m2), anova(m2, m1), anova(m1, m1_again), anova(m1, m3, m2), anova(a1, a2, a3), anova(m1, m3, m2, m4, m1_again),
  anova(big_1, big_2), anova(m1, m2, test = FALSE))))

linear <- function(name, call) {
  a <- eval(call)
  L <- attr(a, "L")
  c(list(name = name, r = one_line(call), label = sub("\n$", "", attr(a, "label"))), anova_of(a), list(
    l_rows = if (is.matrix(L)) several(rownames(L)), l_names = if (!is.null(L)) several(if (is.matrix(L)) colnames(L) else names(L)),
    l_values = if (is.matrix(L)) unname(L) else if (!is.null(L)) several(L), page = page(print(a))))
}
combinations <- unname(Map(linear, c("terms", "one", "two", "unnamed", "tiny"), alist(
  anova(a3, Terms = c("age", "age:Sex")), anova(a3, L = c(age = 1, "age:SexFemale" = 0.5)),
  anova(a3, L = rbind(first = c(0, 1, 0, 0), second = c(0, 1, 0, 1 / 3))), anova(a3, L = rbind(c(0, 1, 0, 0), c(0, 0, 0, 1))),
  anova(a3, L = c(age = 1, "age:SexFemale" = 1e-12)))))

connection <- file(output, "w", encoding = "UTF-8")
writeLines(paste0("{\"versions\": ", json(versions), ",\n\"fits\": ", lines(records), ",\n\"comparisons\": ", lines(comparisons),
                  ",\n\"combinations\": ", lines(combinations), "}"), connection)
close(connection)
message(length(records), " fits of ", length(cases))
