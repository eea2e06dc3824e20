# cmake --install puts headers under include/fp6sim, libraries, and the package other projects find.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

get_property(installed GLOBAL PROPERTY FP6SIM_INSTALLED_TARGETS)
install(TARGETS ${installed} fp6sim_flags EXPORT fp6sim)
install(DIRECTORY emu sim kernels DESTINATION include/fp6sim FILES_MATCHING PATTERN "*.h" PATTERN "*.cuh")
install(EXPORT fp6sim NAMESPACE fp6sim:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fp6sim FILE fp6simTargets.cmake)
configure_package_config_file(cmake/fp6simConfig.cmake.in ${PROJECT_BINARY_DIR}/fp6simConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fp6sim)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fp6simConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fp6simConfig.cmake ${PROJECT_BINARY_DIR}/fp6simConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/fp6sim)
install(FILES rtl/units.json DESTINATION share/fp6sim/rtl)
install(DIRECTORY sim traces DESTINATION share/fp6sim FILES_MATCHING PATTERN "*.json")
