# cmake --install: the libraries, their headers (folders kept), the `rover` program, its presets and models, and a package for
# find_package(RoverDescent COMPONENTS …). One export set a library, so that who wants `agents` alone needs no LibTorch.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/RoverDescent)

foreach(component core storage env agents training training_torch imitation)
  install(TARGETS rover_${component} EXPORT RoverDescent_${component} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT RoverDescent_${component} FILE RoverDescent_${component}.cmake NAMESPACE rover:: DESTINATION ${package_dir})
endforeach()
foreach(folder core storage env agents training imitation)
  install(DIRECTORY ${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/rover_descent FILES_MATCHING PATTERN "*.h"
    PATTERN "storage/hdf5.h" EXCLUDE PATTERN "storage/appendable.h" EXCLUDE)  # storage's own: they show HDF5
endforeach()

set_target_properties(rover PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)  # a LibTorch outside the system's folders
install(TARGETS rover RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY experiments/presets/ DESTINATION ${CMAKE_INSTALL_DATADIR}/rover_descent/presets FILES_MATCHING PATTERN "*.cfg")
if(EXISTS ${PROJECT_SOURCE_DIR}/models)
  install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/rover_descent/models FILES_MATCHING PATTERN "*.h5")
endif()
install(FILES LICENSE README.md DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(cmake/RoverDescentConfig.cmake.in ${PROJECT_BINARY_DIR}/RoverDescentConfig.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/RoverDescentConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/RoverDescentConfig.cmake ${PROJECT_BINARY_DIR}/RoverDescentConfigVersion.cmake DESTINATION ${package_dir})
