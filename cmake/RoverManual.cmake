# The man page and the bash completion, made by the program from what is registered; RoverInstall.cmake installs them.
add_custom_command(OUTPUT ${PROJECT_BINARY_DIR}/rover.1 ${PROJECT_BINARY_DIR}/rover.bash
  COMMAND rover help --man > ${PROJECT_BINARY_DIR}/rover.1
  COMMAND rover help --bash-completion > ${PROJECT_BINARY_DIR}/rover.bash
  DEPENDS rover COMMENT "rover.1 and rover.bash")
add_custom_target(rover_manual ALL DEPENDS ${PROJECT_BINARY_DIR}/rover.1 ${PROJECT_BINARY_DIR}/rover.bash)
