# Flags every target shares. Contraction is off: a fused multiply-add the source did not ask for changes bits.
add_library(fp6sim_flags INTERFACE)
target_compile_options(fp6sim_flags INTERFACE -ffp-contract=off)
add_library(fp6sim_strict INTERFACE)  # for our own sources only, never exported
target_compile_options(fp6sim_strict INTERFACE -Wall -Wextra -Wpedantic -Wshadow
                                               $<$<BOOL:${FP6SIM_WERROR}>:-Werror>)
if(FP6SIM_SANITIZE)
  target_compile_options(fp6sim_flags INTERFACE -fsanitize=${FP6SIM_SANITIZE} -fno-omit-frame-pointer
                                                -fno-sanitize-recover=all)
  target_link_options(fp6sim_flags INTERFACE -fsanitize=${FP6SIM_SANITIZE})
endif()

# fp6sim_library(NAME emu SOURCES a.cpp ... PUBLIC lib ... PRIVATE lib ...): static library fp6sim_<name>, exported
# as fp6sim::<name>. Its includes are written from the project's root ("emu/format.h").
function(fp6sim_library)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(fp6sim_${ARG_NAME} STATIC ${ARG_SOURCES})
  add_library(fp6sim::${ARG_NAME} ALIAS fp6sim_${ARG_NAME})
  set_target_properties(fp6sim_${ARG_NAME} PROPERTIES EXPORT_NAME ${ARG_NAME})
  target_include_directories(fp6sim_${ARG_NAME} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
                                                       $<INSTALL_INTERFACE:include/fp6sim>)
  target_compile_features(fp6sim_${ARG_NAME} PUBLIC cxx_std_20)
  target_link_libraries(fp6sim_${ARG_NAME} PUBLIC ${ARG_PUBLIC} fp6sim_flags
                                           PRIVATE ${ARG_PRIVATE} $<BUILD_INTERFACE:fp6sim_strict>)
  set_property(GLOBAL APPEND PROPERTY FP6SIM_INSTALLED_TARGETS fp6sim_${ARG_NAME})
endfunction()

# fp6sim_test(NAME emu_decode LABEL unit SOURCES decode_test.cpp LIBRARIES fp6sim::emu [TIMEOUT s])
# Labels: unit (seconds, compiler alone), exhaustive, rtl, sim, gpu.
function(fp6sim_test)
  cmake_parse_arguments(ARG "" "NAME;LABEL;TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_LABEL MATCHES "^(unit|exhaustive|rtl|sim|gpu)$")
    message(FATAL_ERROR "fp6sim_test ${ARG_NAME}: LABEL '${ARG_LABEL}' is not one of unit exhaustive rtl sim gpu")
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_executable(${ARG_NAME}_test ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME}_test PRIVATE ${ARG_LIBRARIES} fp6sim_flags fp6sim_strict GTest::gtest_main)
  target_include_directories(${ARG_NAME}_test PRIVATE ${PROJECT_SOURCE_DIR})
  # NDEBUG off: broken invariants abort in tests. FP6SIM_SHARED: other people's data files, used when there.
  target_compile_options(${ARG_NAME}_test PRIVATE -UNDEBUG)
  target_compile_definitions(${ARG_NAME}_test PRIVATE FP6SIM_SHARED="${PROJECT_SOURCE_DIR}/../shared"
                                                      FP6SIM_SOURCE="${PROJECT_SOURCE_DIR}"
                                                      FP6SIM_BINARY="${PROJECT_BINARY_DIR}/fp6sim")
  gtest_discover_tests(${ARG_NAME}_test TEST_PREFIX ${ARG_NAME}. DISCOVERY_TIMEOUT 60
                       PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT})
endfunction()

# fp6sim_benchmark(NAME dequantize SOURCES dequantize_bench.cpp LIBRARIES fp6sim::emu): bench/<name>_bench.
function(fp6sim_benchmark)
  cmake_parse_arguments(ARG "" "NAME" "SOURCES;LIBRARIES" ${ARGN})
  add_executable(${ARG_NAME}_bench ${ARG_SOURCES})
  target_link_libraries(${ARG_NAME}_bench PRIVATE ${ARG_LIBRARIES} fp6sim_flags fp6sim_strict
                                                  benchmark::benchmark_main)
  target_include_directories(${ARG_NAME}_bench PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()
