// The page: its parts are embedded in the program and put together around the data.
#include <boost/json/serialize.hpp>

#include "app/report/report.h"
#include "emu/error.h"

// A file's bytes between two symbols, in read-only data.
#define FP6SIM_EMBED(name, file)                                        \
  asm(".pushsection .rodata\n"                                          \
      ".global fp6sim_" #name "_begin\n.global fp6sim_" #name           \
      "_end\n"                                                          \
      "fp6sim_" #name "_begin:\n.incbin \"" file "\"\nfp6sim_" #name    \
      "_end:\n.byte 0\n"                                                \
      ".popsection\n");                                                 \
  extern "C" const char fp6sim_##name##_begin[], fp6sim_##name##_end[]; \
  namespace {                                                           \
  std::string name() {                                                  \
    return {fp6sim_##name##_begin, fp6sim_##name##_end};                \
  }                                                                     \
  }

FP6SIM_EMBED(page_html, FP6SIM_PAGE "/page.html")
FP6SIM_EMBED(page_css, FP6SIM_PAGE "/page.css")
FP6SIM_EMBED(data_js, FP6SIM_PAGE "/data.js")
FP6SIM_EMBED(controls_js, FP6SIM_PAGE "/controls.js")
FP6SIM_EMBED(keys_js, FP6SIM_PAGE "/keys.js")
FP6SIM_EMBED(charts_js, FP6SIM_PAGE "/charts.js")
FP6SIM_EMBED(main_js, FP6SIM_PAGE "/main.js")
#ifdef FP6SIM_CHARTJS
FP6SIM_EMBED(chart_library, FP6SIM_CHARTJS)
#endif

namespace fp6sim::app {
namespace {

void put(std::string& page, const std::string& mark, const std::string& text) {
  const std::size_t at = page.find(mark);
  page.replace(at, mark.size(), text);
}

/// JSON inside a script element: "</script>" in a name must not end it.
std::string embeddable(std::string json) {
  for (std::size_t at = json.find("</"); at != std::string::npos; at = json.find("</", at + 3)) {
    json.replace(at, 2, "<\\/");
  }
  for (std::size_t at = json.find("<!--"); at != std::string::npos; at = json.find("<!--", at + 1)) {
    json.replace(at, 1, "\\u003c");
  }
  return json;
}

}  // namespace

std::string report_html(const boost::json::object& report_data) {
#ifndef FP6SIM_CHARTJS
  static_cast<void>(report_data);
  throw Error("this build has no chart library: install libjs-chart.js, configure and build again");
#else
  std::string page = page_html();
  // The last mark first: what is put in may hold anything.
  put(page, "@SCRIPT@", data_js() + controls_js() + keys_js() + charts_js() + main_js());
  put(page, "@CHARTJS@", chart_library());
  put(page, "@DATA@", embeddable(boost::json::serialize(report_data)));
  put(page, "@CSS@", page_css());
  return page;
#endif
}

}  // namespace fp6sim::app
