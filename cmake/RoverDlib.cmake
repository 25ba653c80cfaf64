# rover_dlib: dlib's headers and library alone. Its own package also names the BLAS, image and database libraries that it was built with,
# whose development packages nobody needs here.
if(NOT TARGET rover_dlib)
  find_path(ROVER_DLIB_INCLUDE dlib/global_optimization.h)
  find_library(ROVER_DLIB dlib)
  if(NOT ROVER_DLIB_INCLUDE OR NOT ROVER_DLIB)
    message(FATAL_ERROR "dlib was not found (Debian: libdlib-dev)")
  endif()
  add_library(rover_dlib INTERFACE IMPORTED)
  target_include_directories(rover_dlib SYSTEM INTERFACE ${ROVER_DLIB_INCLUDE})
  target_link_libraries(rover_dlib INTERFACE ${ROVER_DLIB})
endif()
