# Copies the shared libraries of BINARY to TO, but for those every Linux has.
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${BINARY} RESOLVED_DEPENDENCIES_VAR libraries
     UNRESOLVED_DEPENDENCIES_VAR missing
     POST_EXCLUDE_REGEXES "/lib(c|m|dl|rt|pthread)[.]so" "/ld-linux")
foreach(library ${libraries})
  cmake_path(GET library PARENT_PATH folder)
  if(folder STREQUAL TO)
    continue()
  endif()
  file(COPY ${library} DESTINATION ${TO} FOLLOW_SYMLINK_CHAIN)
endforeach()
