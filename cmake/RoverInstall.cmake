# cmake --install: the libraries, their headers (folders kept), the `rover` program, its presets and models, and packages for
# find_package(RoverDescent COMPONENTS …) and pkg-config. One export set a library, so that who wants `agents` alone needs no LibTorch.
# Nothing that is installed knows where: the prefix may be moved.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/RoverDescent)
set(data_dir ${CMAKE_INSTALL_DATADIR}/rover_descent)

set(components plugin core storage env agents training imitation experiments)
set(header_folders core storage env agents training imitation)
if(ROVER_TRAINING)
  list(APPEND components training_torch imitation_torch)
endif()
foreach(component ${components})
  install(TARGETS rover_${component} EXPORT RoverDescent_${component} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT RoverDescent_${component} FILE RoverDescent_${component}.cmake NAMESPACE rover:: DESTINATION ${package_dir})
endforeach()
foreach(folder ${header_folders})
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rover_descent FILES_MATCHING PATTERN "*.h"
    PATTERN "storage/hdf5.h" EXCLUDE PATTERN "storage/appendable.h" EXCLUDE)  # storage's own: they show HDF5
endforeach()
install(FILES experiments/program.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rover_descent/experiments)

install(TARGETS rover RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(ROVER_TRAINING)
  set_target_properties(rover-torch PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)  # a LibTorch outside the system's folders
  install(TARGETS rover-torch RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/rover_descent)
endif()
install(DIRECTORY experiments/presets/ DESTINATION ${data_dir}/presets FILES_MATCHING PATTERN "*.cfg")
install(DIRECTORY experiments/published DESTINATION ${data_dir})
install(DIRECTORY models/ DESTINATION ${data_dir}/models FILES_MATCHING PATTERN "*.h5")
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_BINARY_DIR}/rover.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${PROJECT_BINARY_DIR}/rover.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME rover OPTIONAL)

configure_package_config_file(cmake/RoverDescentConfig.cmake.in ${PROJECT_BINARY_DIR}/RoverDescentConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS data_dir)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/RoverDescentConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/RoverDescentConfig.cmake ${PROJECT_BINARY_DIR}/RoverDescentConfigVersion.cmake cmake/RoverDlib.cmake DESTINATION ${package_dir})

file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/rover_descent.pc.in ${PROJECT_BINARY_DIR}/rover_descent.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/rover_descent.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
