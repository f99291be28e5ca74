# nlme pastes column names into text that it parses and evaluates, so a name that isn't a plain R name would
# break it, or run as code. Such columns cross under a plain stand-in name, and results get the name back.

# nlme leaves "pi" out of its model frames, so a column of that name would be R's constant.
# make.names() lets "..." and "..1" pass, which are arguments to R and no variables.
rb_needs_stand_in <- function(names) names != make.names(names) | names %in% c("pi", ".") | startsWith(names, "..")

rb_stand_ins <- function(variables) {
  odd <- variables[rb_needs_stand_in(variables)]
  stand_in <- character()
  i <- 0L
  while (length(stand_in) < length(odd)) {
    i <- i + 1L
    name <- paste0("rb..", i, "..")
    if (!any(grepl(name, variables, fixed = TRUE))) stand_in <- c(stand_in, name)
  }
  structure(odd, names = stand_in)
}

# Put stand-in names into a parsed call.
rb_substitute <- function(expr, stand_ins) {
  if (!length(stand_ins)) return(expr)
  table <- structure(lapply(names(stand_ins), as.name), names = stand_ins)
  rb_replace_symbols(expr, table)
}
rb_replace_symbols <- function(node, table) {
  if (is.symbol(node)) {
    name <- as.character(node)
    return(if (name %in% names(table)) table[[name]] else node)
  }
  if (!is.call(node)) return(node)
  for (i in seq_along(node)[-1L]) {
    child <- node[[i]]
    if (is.symbol(child) || is.call(child)) node[[i]] <- rb_replace_symbols(child, table)
  }
  node
}

# Give an R object's names, labels and calls the user's own column names back.
rb_restore <- function(x, stand_ins, groups = character()) {
  if (!length(stand_ins)) return(x)
  symbols <- structure(lapply(stand_ins, as.name), names = names(stand_ins))
  text <- function(strings) {
    plain <- match(strings, names(stand_ins)[stand_ins %in% groups])
    for (name in names(stand_ins)) {
      quoted <- paste(deparse(as.name(stand_ins[[name]]), backtick = TRUE), collapse = "")
      if (any(found <- !is.na(strings) & grepl(name, strings, fixed = TRUE))) {
        strings[found] <- gsub(name, gsub("\\", "\\\\", quoted, fixed = TRUE), strings[found], fixed = TRUE)
      }
    }
    strings[!is.na(plain)] <- stand_ins[stand_ins %in% groups][plain[!is.na(plain)]]
    strings
  }
  walk <- function(node) {
    if (is.null(node) || is.environment(node) || is.function(node)) return(node)
    if (is.symbol(node) || (is.call(node) && is.null(attributes(node)))) return(rb_replace_symbols(node, symbols))
    attrs <- attributes(node)
    if (is.character(node)) {
      node[] <- text(unclass(node))
    } else if (is.call(node)) {
      node <- rb_replace_symbols(node, symbols)
    } else if (is.list(node)) {
      node <- lapply(unclass(node), walk)
    }
    for (name in setdiff(names(attrs), c("class", "dim"))) {
      attrs[[name]] <- walk(attrs[[name]])
    }
    attributes(node) <- attrs
    node
  }
  walk(x)
}
