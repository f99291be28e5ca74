# Time nlme or lme4 on one case: Rscript engines.R engine fixed random groups REML repeats budget folder correlation weights
# The folder holds a file for each column: name.num (doubles) or name.txt (lines). Prints one line of JSON.
arguments <- commandArgs(trailingOnly = TRUE)
engine <- arguments[1]
groups <- strsplit(arguments[4], "/")[[1]]
reml <- arguments[5] == "TRUE"
repeats <- as.integer(arguments[6])
budget <- as.numeric(arguments[7])
folder <- arguments[8]

suppressPackageStartupMessages(library(engine, character.only = TRUE))

read_column <- function(file) {
  if (endsWith(file, ".txt")) return(readLines(file))
  readBin(file, "double", file.size(file) / 8)
}
files <- list.files(folder, full.names = TRUE)
data <- as.data.frame(lapply(files, read_column), col.names = sub("[.][a-z]+$", "", basename(files)),
                      stringsAsFactors = FALSE)

fixed <- as.formula(arguments[2])
fit <- if (engine == "nlme") {
  random <- as.formula(paste("~", arguments[3], "|", arguments[4]))
  structure <- function(text) eval(parse(text = text))
  function() {
    nlme::lme(fixed, data, random, structure(arguments[9]), structure(arguments[10]), method = if (reml) "REML" else "ML")
  }
} else {
  formula <- as.formula(paste0(arguments[2], " + (", arguments[3], " | ", arguments[4], ")"))
  function() lme4::lmer(formula, data, REML = reml)
}

status <- function(key) {
  line <- grep(paste0("^", key), tryCatch(readLines("/proc/self/status"), error = function(e) ""), value = TRUE)
  if (length(line)) 1024 * as.numeric(gsub("[^0-9]", "", line)) else 0
}
invisible(gc())
try(cat("5", file = "/proc/self/clear_refs"), silent = TRUE)
before <- status("VmRSS")
cpu <- wall <- numeric()
while (length(cpu) < repeats && sum(wall) < budget) {
  time <- system.time(answer <- suppressWarnings(suppressMessages(fit())))
  cpu <- c(cpu, time[["user.self"]] + time[["sys.self"]])
  wall <- c(wall, time[["elapsed"]])
  if (length(cpu) == 1) peak <- status("VmHWM") - before
}
numbers <- function(x) paste0("[", paste(format(x, digits = 6, trim = TRUE), collapse = ", "), "]")
cat(sprintf('{"log_lik": %.15g, "cpu": %s, "wall": %s, "peak_bytes": %.0f, "frame_bytes": %.0f}\n',
            as.numeric(logLik(answer)), numbers(cpu), numbers(wall), peak, as.numeric(object.size(data))))
