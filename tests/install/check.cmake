# cmake -DBUILD=… -DEXAMPLES=… -DSCRATCH=… [-DFLAGS=…] -DBUILD_TYPE=… -DCOMPILER=… -P check.cmake: what is installed can be found, linked and run by
# somebody else, and rover::agents needs no LibTorch.
cmake_minimum_required(VERSION 3.22)

# Runs a command; its output ends up in `output`.
function(run)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE text ERROR_VARIABLE text RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    string(REPLACE ";" " " command "${ARGN}")
    message(FATAL_ERROR "exit ${code} from: ${command}\n${text}")
  endif()
  set(output "${text}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${SCRATCH})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${SCRATCH}/prefix)

foreach(example consumer own_agent)
  run(${CMAKE_COMMAND} -G Ninja -S ${EXAMPLES}/${example} -B ${SCRATCH}/${example} -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix
    -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${BUILD_TYPE} -DCMAKE_CXX_FLAGS=${FLAGS} -DCMAKE_DISABLE_FIND_PACKAGE_Torch=ON)
  run(${CMAKE_COMMAND} --build ${SCRATCH}/${example})
  run(${SCRATCH}/${example}/${example})
  message(STATUS "${output}")
  set(${example}_output "${output}")
  run(ldd ${SCRATCH}/${example}/${example})
  if(output MATCHES "libtorch|libc10")
    message(FATAL_ERROR "${example} links LibTorch:\n${output}")
  endif()
endforeach()

if(NOT consumer_output MATCHES "gd on rosenbrock: from ([0-9.]+) to ([0-9.]+) in [0-9]+ evaluations" OR NOT CMAKE_MATCH_2 LESS CMAKE_MATCH_1)
  message(FATAL_ERROR "the consumer did not play gd downhill: ${consumer_output}")
endif()
if(NOT own_agent_output MATCHES "compass +best 0\\.0000")
  message(FATAL_ERROR "the example's own agent did not find Ackley's optimum: ${own_agent_output}")
endif()

# A component that does not exist is refused by name.
file(WRITE ${SCRATCH}/wrong/CMakeLists.txt "cmake_minimum_required(VERSION 3.22)\nproject(wrong LANGUAGES NONE)\nfind_package(RoverDescent REQUIRED COMPONENTS agent)\n")
execute_process(COMMAND ${CMAKE_COMMAND} -G Ninja -S ${SCRATCH}/wrong -B ${SCRATCH}/wrong/build -DCMAKE_PREFIX_PATH=${SCRATCH}/prefix
  OUTPUT_QUIET ERROR_VARIABLE text RESULT_VARIABLE code)
if(code EQUAL 0 OR NOT text MATCHES "no component 'agent'")
  message(FATAL_ERROR "find_package should have refused the component 'agent' by name: ${text}")
endif()
file(REMOVE_RECURSE ${SCRATCH})
