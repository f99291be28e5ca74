# Records study.json: nlme's simulate.lme of Orthodont, a random intercept against a random slope, the points that its
# plot draws, and the data.
#
#   Rscript --vanilla tests/pyimpl/simulation/record_study.R tests/pyimpl/simulation/study.json

suppressPackageStartupMessages(library(nlme))
output <- commandArgs(trailingOnly = TRUE)[1]

json <- function(x, digits = 17) {
  if (is.list(x)) return(paste0("{", paste(sprintf("\"%s\":%s", names(x), vapply(x, json, "", digits)), collapse = ",\n"), "}"))
  cells <- if (is.character(x)) encodeString(x, quote = "\"") else formatC(unname(x), digits = digits, format = "g", width = 1)
  paste0("[", paste(cells, collapse = ","), "]")
}
null <- lme(distance ~ age, Orthodont, ~ 1 | Subject)
alternative <- lme(distance ~ age, Orthodont, ~ age | Subject)

# 60 responses with all digits, and what the plot makes of them
small <- simulate(null, nsim = 60, seed = 1, m2 = alternative)
logs <- function(part) c(unlist(lapply(small[[part]], function(m) list(logLik = m[, "logLik"], info = m[, "info"])), recursive = FALSE))
points <- function(...) {
  drawn <- plot(small, ...)
  at <- expand.grid(lapply(drawn$condlevels, as.character), stringsAsFactors = FALSE)
  data.frame(df = rep(at$df, lengths(lapply(drawn$panel.args, `[[`, "x"))),
             method = rep(at$method, lengths(lapply(drawn$panel.args, `[[`, "x"))),
             empirical = unlist(lapply(drawn$panel.args, `[[`, "x")), nominal = unlist(lapply(drawn$panel.args, `[[`, "y")))
}
plots <- list(default = as.list(points()), one = as.list(points(df = 1)), two = as.list(points(df = c(1, 2))),
              weighted = as.list(points(df = c(1, 2), weights = c(0.65, 0.35))), three = as.list(points(df = c(0, 1, 2))),
              apart = as.list(points(df = c(1, 2), weights = FALSE)))

# the distribution of the ratio over 1000 responses
large <- simulate(null, nsim = 1000, seed = 2, m2 = alternative)
ratio <- function(method) sort(2 * (large$alt[[method]][, "logLik"] - large$null[[method]][, "logLik"]))

parts <- list(null = json(logs("null")), alternative = json(logs("alt")), plots = json(plots),
              ratios = json(list(REML = ratio("REML"), ML = ratio("ML")), 8), df = json(attr(small, "df")),
              data = json(list(Subject = as.character(Orthodont$Subject), age = Orthodont$age, distance = Orthodont$distance)),
              versions = json(list(R = R.version.string, nlme = as.character(packageVersion("nlme")))))
writeLines(paste0("{", paste0("\"", names(parts), "\": ", parts, collapse = ",\n"), "}"), output)
