# nlme's lattice pictures, drawn to a file of their own; the device that was current stays so.

rb_picture <- function(wide, kind, texts, drawing, device) {
  form <- rb_further_formula(wide, "plot form", texts$form)
  id <- rb_further_formula(wide, "plot id", texts$id)
  options <- c(list(wide$fit), if (!is.null(form)) list(form = form), drawing, if (!is.null(id)) list(id = id))
  draw <- switch(kind, plot = graphics::plot, qqnorm = stats::qqnorm, pairs = graphics::pairs)
  old <- grDevices::dev.cur()
  file <- tempfile(fileext = paste0(".", device$format))
  on.exit(unlink(file))
  if (device$format == "png") {
    type <- if (capabilities("cairo")) "cairo" else getOption("bitmapType")
    grDevices::png(file, device$width, device$height, units = "in", res = device$dpi, type = type)
  } else {
    grDevices::svg(file, device$width, device$height)
  }
  ours <- grDevices::dev.cur()
  drawn <- tryCatch({
    made <- do.call(draw, options)
    for (part in c("xlab", "ylab", "condlevels")) if (length(made[[part]])) made[[part]] <- rb_back(wide, made[[part]])
    print(made)
  }, finally = {
    grDevices::dev.off(ours)
    if (old > 1L) grDevices::dev.set(old)
  })
  list(format = device$format, data = readBin(file, "raw", file.size(file)))
}
