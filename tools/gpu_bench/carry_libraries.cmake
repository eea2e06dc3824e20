# Copies the shared libraries of BINARY to TO, but for those every Linux has. Copies of an earlier build go first: they would
# be found beside the originals.
file(GLOB earlier ${TO}/lib*.so ${TO}/lib*.so.*)
if(earlier)
  file(REMOVE ${earlier})
endif()
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${BINARY} RESOLVED_DEPENDENCIES_VAR libraries
     UNRESOLVED_DEPENDENCIES_VAR missing
     POST_EXCLUDE_REGEXES "/lib(c|m|dl|rt|pthread)[.]so" "/ld-linux")
foreach(library ${libraries})
  file(COPY ${library} DESTINATION ${TO} FOLLOW_SYMLINK_CHAIN)
endforeach()
