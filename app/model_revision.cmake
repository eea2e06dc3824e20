# app/model_revision.h: a hash of the sources that decide a simulated result, made anew whenever one of them changes.
file(GLOB_RECURSE model_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/sim/*.h ${PROJECT_SOURCE_DIR}/sim/*.cpp
     ${PROJECT_SOURCE_DIR}/emu/quantize.cpp ${PROJECT_SOURCE_DIR}/emu/format.cpp ${PROJECT_SOURCE_DIR}/emu/format.h)
set(model_revision ${CMAKE_CURRENT_BINARY_DIR}/generated/app/model_revision.h)
add_custom_command(OUTPUT ${model_revision}
  COMMAND ${CMAKE_COMMAND} -DROOT=${PROJECT_SOURCE_DIR} -DOUTPUT=${model_revision}
          -P ${CMAKE_CURRENT_SOURCE_DIR}/hash_model.cmake
  DEPENDS ${model_sources} ${CMAKE_CURRENT_SOURCE_DIR}/hash_model.cmake VERBATIM)
target_sources(fp6sim_app PRIVATE ${model_revision})
target_include_directories(fp6sim_app PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/generated)
