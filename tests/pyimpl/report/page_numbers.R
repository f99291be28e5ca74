# What record_pages.R and record_book_pages.R share: the numbers of a fit's printed pages, and the pages, as JSON.

# --- JSON, without a package -------------------------------------------------------------------------------------
escape <- function(s) {
  for (pair in list(c("\\", "\\\\"), c("\"", "\\\""), c("\n", "\\n"), c("\t", "\\t")))
    s <- gsub(pair[1], pair[2], s, fixed = TRUE)
  paste0("\"", s, "\"")
}
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), paste0(ifelse(x < 0, "-", ""), "1e999"),
                                                      sprintf("%.17g", x)))
json <- function(x) {
  if (is.null(x)) return("null")
  if (is.matrix(x)) return(paste0("[", paste(apply(x, 1, function(r) json(as.list(r))), collapse = ","), "]"))
  if (is.list(x)) {
    parts <- vapply(x, json, "")
    if (is.null(names(x))) return(paste0("[", paste(parts, collapse = ","), "]"))
    return(paste0("{", paste(paste0(escape(names(x)), ":", parts), collapse = ","), "}"))
  }
  scalar <- if (is.character(x)) escape(x) else if (is.logical(x)) tolower(x) else number(x)
  if (length(x) == 1L && is.null(attr(x, "several"))) scalar else paste0("[", paste(scalar, collapse = ","), "]")
}
several <- function(x) structure(unname(x), several = TRUE) # an array, even of length one
one_line <- function(e) paste(deparse(e, width.cutoff = 500L), collapse = " ")
page <- function(expr) paste0(paste(capture.output(expr), collapse = "\n"), "\n")

# --- What a page is made of --------------------------------------------------------------------------------------
covariance_block <- function(pd, sigma) {
  s <- summary(pd)
  corr <- if (ncol(s) > 1L && !attr(s, "noCorrelation")) matrix(as.vector(s), ncol(s))
  list(formula = one_line(formula(pd)), structure = class(pd)[1], names = several(names(attr(s, "stdDev"))),
       std_dev = several(sigma * attr(s, "stdDev")), corr = corr)
}
levels_of <- function(fit) {
  res <- rev(fit$modelStruct$reStruct)
  counts <- rev(fit$dims$ngrps[seq_len(fit$dims$Q)])
  unname(Map(function(pd, group, n) {
    blocked <- inherits(pd, "pdBlocked")
    list(group = group, n_groups = n, blocked = blocked,
         blocks = unname(lapply(if (blocked) pd else list(pd), covariance_block, sigma = fit$sigma)))
  }, res, names(res), counts))
}
correlation_of <- function(cs) {
  if (is.null(cs)) return(NULL)
  value <- coef(cs, unconstrained = FALSE)
  list(title = attr(summary(cs), "structName"), class = class(cs)[1], formula = one_line(formula(cs)),
       names = several(names(value)), values = several(value), size = attr(cs, "maxCov"))
}
variance_of <- function(vf) {
  if (is.null(vf)) return(NULL)
  if (inherits(vf, "varComb")) return(list(class = "varComb", parts = unname(lapply(vf, variance_of))))
  value <- coef(vf, unconstrained = FALSE, allCoef = TRUE)
  about <- list(title = attr(summary(vf), "structName"), class = class(vf)[1], formula = one_line(formula(vf)))
  if (is.matrix(value)) return(c(about, list(names = several(rownames(value)), strata = several(colnames(value)),
                                             values = unname(value))))
  c(about, list(names = several(names(value)), values = several(value)))
}
frame_of <- function(d) list(rows = several(row.names(d)), names = several(names(d)), values = as.matrix(unname(d)))
ranef_of <- function(r) {
  parts <- if (inherits(r[[1L]], "data.frame")) unclass(r) else list(r)
  unname(Map(function(d, label) c(list(label = label), frame_of(as.data.frame(lapply(d, c), row.names = row.names(d),
         check.names = FALSE, fix.empty.names = FALSE))), parts, attr(r, "grpNames")))
}
intervals_of <- function(i) {
  table <- function(m) list(rows = several(rownames(m)), values = matrix(as.numeric(as.matrix(m)), ncol = 3))
  list(level = attr(i, "level"), fixed = if (!is.null(i$fixed)) table(i$fixed),
       random = if (!is.null(i$reStruct)) unname(Map(function(m, g) c(list(group = g), table(m)),
                                                     lapply(i$reStruct, identity), names(i$reStruct))),
       correlation = if (!is.null(i$corStruct)) table(i$corStruct),
       variance = if (!is.null(i$varStruct)) table(i$varStruct),
       sigma = if (!is.null(i$sigma)) several(as.numeric(i$sigma)))
}
anova_of <- function(a) list(rows = several(row.names(a)), numDF = several(a$numDF), denDF = several(a$denDF),
                             f_value = several(a$`F-value`), p_value = several(a$`p-value`))

covariance_of <- function(fit, type = "random.effects") {
  v <- tryCatch(getVarCov(fit, type = type), error = function(e) NULL)
  if (is.null(v)) return(NULL)
  m <- if (is.list(v)) v[[1]] else v
  if (nrow(m) > 6 || is.list(v) && nrow(m) < 3) return(NULL) # keep the record small
  m <- matrix(as.vector(m), nrow(m), dimnames = dimnames(m)) # without the class
  list(names = several(rownames(m)), values = unname(m), page = page(print(v)),
       group = if (is.list(v)) paste(attr(v, "group.levels"), names(v)[1]))
}

record <- function(name, call) {
  fit <- tryCatch(eval(call), error = function(e) { message(name, ": ", conditionMessage(e)); NULL })
  if (is.null(fit)) return(NULL)
  s <- summary(fit)
  tt <- s$tTable
  tables <- anova(fit)
  ints <- tryCatch(intervals(fit), error = function(e) intervals(fit, which = "fixed"))
  small <- sum(fit$dims$ngrps[seq_len(fit$dims$Q)]) <= 60
  list(name = name, r = one_line(call),
    method = fit$method, data = one_line(fit$call$data), fixed = one_line(fit$call$fixed),
    subset = if (!is.null(fit$call$subset)) one_line(asOneSidedFormula(fit$call$subset)[[2]]),
    sigma = fit$sigma, n_obs = fit$dims$N, levels = levels_of(fit),
    correlation_structure = correlation_of(fit$modelStruct$corStruct),
    variance_function = variance_of(fit$modelStruct$varStruct),
    aic = s$AIC, bic = s$BIC, log_lik = c(s$logLik),
    names = several(rownames(tt)), value = several(tt[, 1]), std_error = several(tt[, 2]), df = several(tt[, 3]),
    t_value = several(tt[, 4]), p_value = several(tt[, 5]), correlation = unname(s$corFixed),
    residuals = several(as.vector(s$residuals)),
    residual_names = if (length(resid(fit)) <= 5) several(names(s$residuals)),
    anova = anova_of(tables), intervals = intervals_of(ints), ranef = if (small) ranef_of(ranef(fit)),
    covariance = covariance_of(fit), conditional = if (small) covariance_of(fit, "conditional"),
    marginal = if (small) covariance_of(fit, "marginal"),
    pages = list(summary = page(print(s)), fit = page(print(fit)), var_corr = page(print(VarCorr(fit))),
                 fixef = page(print(fixef(fit))), anova = page(print(tables)), intervals = page(print(ints)),
                 ranef = if (small) page(print(ranef(fit)))))
}

versions <- list(R = R.version.string, nlme = as.character(packageVersion("nlme")))
lines <- function(x) paste0("[\n", paste(vapply(x, json, ""), collapse = ",\n"), "\n]")
