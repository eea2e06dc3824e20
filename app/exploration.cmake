# Simulating points, one or thousands, and showing them.
target_sources(fp6sim_app PRIVATE
  options.cpp
  commands/compare_command.cpp
  commands/gemm_command.cpp
  commands/gemm_functional.cpp
  compare/comparison.cpp
  compare/comparison_text.cpp
  compare/error_statistics.cpp
  compare/measured.cpp
  commands/report_command.cpp
  commands/run_command.cpp
  commands/sweep_command.cpp
  point/evaluate.cpp
  point/overrides.cpp
  point/point.cpp
  point/quality.cpp
  point/rtl_unit.cpp
  report/page.cpp
  report/report_data.cpp
  report/report_points.cpp
  run/model_run.cpp
  run/model_run_text.cpp
  run/step_run.cpp
  sweep/axis.cpp
  sweep/database.cpp
  sweep/database_check.cpp
  sweep/export.cpp
  sweep/expression.cpp
  sweep/front_search.cpp
  sweep/gaussian_process.cpp
  sweep/pareto_search.cpp
  sweep/run_sweep.cpp
  sweep/space.cpp
  sweep/sweep_file.cpp
  text/progress.cpp
  text/table.cpp
  workers/framing.cpp
  workers/interrupt.cpp
  workers/mpi_launch.cpp
  workers/run_points.cpp
  workers/worker_pool.cpp)
include(model_revision.cmake)
include(report/page.cmake)
include(workers/mpi.cmake)
install(FILES shell/fp6sim.1 DESTINATION share/man/man1)
install(FILES shell/fp6sim.bash DESTINATION share/bash-completion/completions RENAME fp6sim)
install(FILES shell/_fp6sim DESTINATION share/zsh/site-functions)
