# emu and its tests need a compiler alone. Everything else is optional: each missing package says what is lost.
include(FindPkgConfig)
find_package(Threads REQUIRED)

macro(fp6sim_missing what lost)
  message(STATUS "fp6sim: ${what} not found: ${lost}")
endmacro()

find_package(hwy QUIET)
if(NOT hwy_FOUND)
  pkg_check_modules(hwy QUIET IMPORTED_TARGET libhwy)
endif()
if(NOT hwy_FOUND)
  fp6sim_missing("Highway (libhwy-dev)" "the emulator uses its scalar reference, several times slower")
endif()

find_package(Eigen3 QUIET NO_MODULE)
if(NOT Eigen3_FOUND)
  fp6sim_missing("Eigen (libeigen3-dev)" "no GPTQ (emu_gptq)")
endif()

set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.81 QUIET CONFIG COMPONENTS json context)
if(NOT Boost_FOUND)
  fp6sim_missing("Boost >= 1.81 with JSON and Context (libboost-json1.81-dev libboost-context1.81-dev)"
                 "no simulator, no kernel executor, no command line")
endif()

pkg_check_modules(SYSTEMC QUIET IMPORTED_TARGET systemc)
if(NOT SYSTEMC_FOUND)
  fp6sim_missing("SystemC (libsystemc-dev)" "no simulator (sim) and no command line")
endif()

find_package(fmt QUIET)
find_package(CLI11 QUIET)
if(NOT fmt_FOUND OR NOT CLI11_FOUND)
  fp6sim_missing("fmt and CLI11 (libfmt-dev, libcli11-dev)" "no command line (app)")
endif()

pkg_check_modules(ZSTD QUIET IMPORTED_TARGET libzstd)
find_package(SQLite3 QUIET)
find_package(verilator QUIET HINTS /usr/share/verilator $ENV{VERILATOR_ROOT})
if(NOT verilator_FOUND)
  fp6sim_missing("Verilator (verilator)" "the RTL unit is neither simulated nor verified")
endif()

# CUDA's headers alone (no GPU, no nvcc) give an independent oracle for conversions.
find_path(FP6SIM_CUDA_INCLUDE cuda_fp6.h HINTS /usr/local/cuda/include $ENV{CUDA_HOME}/include)
if(NOT FP6SIM_CUDA_INCLUDE)
  fp6sim_missing("CUDA's headers" "the conversion tests against cuda_fp6.h are skipped")
endif()

if(FP6SIM_BUILD_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()
if(FP6SIM_BUILD_BENCHMARKS)
  find_package(benchmark QUIET)
  if(NOT benchmark_FOUND)
    fp6sim_missing("Google Benchmark (libbenchmark-dev)" "no benchmarks")
    set(FP6SIM_BUILD_BENCHMARKS OFF)
  endif()
endif()
