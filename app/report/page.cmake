# The files of the report's page, and the chart library, as read-only data in the library.
find_file(FP6SIM_CHARTJS chart.min.js PATHS /usr/share/javascript/chart.js NO_DEFAULT_PATH
          DOC "Chart.js 3, Debian's libjs-chart.js: embedded in reports")
set(page ${CMAKE_CURRENT_SOURCE_DIR}/report/page)
set(page_files ${page}/page.html ${page}/page.css ${page}/data.js ${page}/controls.js ${page}/keys.js ${page}/charts.js ${page}/main.js)
if(FP6SIM_CHARTJS)
  list(APPEND page_files ${FP6SIM_CHARTJS})
  set_property(SOURCE report/page.cpp APPEND PROPERTY COMPILE_DEFINITIONS FP6SIM_CHARTJS="${FP6SIM_CHARTJS}")
else()
  fp6sim_missing("Chart.js 3 (libjs-chart.js)" "no HTML reports")
endif()
set_property(SOURCE report/page.cpp APPEND PROPERTY COMPILE_DEFINITIONS FP6SIM_PAGE="${page}")
set_property(SOURCE report/page.cpp APPEND PROPERTY OBJECT_DEPENDS ${page_files})
