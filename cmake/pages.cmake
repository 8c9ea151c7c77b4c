# SPDX-License-Identifier: Apache-2.0
# Manual pages and scripts of completion are said by the program itself once it is built, and
# installed with it. Not by a program of another machine, and not by those that are for tests.
if(CMAKE_CROSSCOMPILING OR SEAWALL_SANITIZE OR SEAWALL_COVERAGE)
  return()
endif()
set(pages "${CMAKE_BINARY_DIR}/share")
add_custom_command(
  OUTPUT "${pages}/made"
  COMMAND ${CMAKE_COMMAND} -E rm -rf "${pages}"
  COMMAND ${CMAKE_COMMAND} -E make_directory "${pages}/man"
  COMMAND seawall man -o "${pages}/man"
  COMMAND seawall completion bash -o "${pages}/seawall.bash"
  COMMAND seawall completion zsh -o "${pages}/seawall.zsh"
  COMMAND seawall completion fish -o "${pages}/seawall.fish"
  COMMAND ${CMAKE_COMMAND} -E touch "${pages}/made"
  DEPENDS seawall
  COMMENT "Manual pages and completion"
  VERBATIM)
add_custom_target(pages ALL DEPENDS "${pages}/made")
install(DIRECTORY "${pages}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
install(FILES "${pages}/seawall.bash" RENAME seawall
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${pages}/seawall.zsh" RENAME _seawall
  DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
install(FILES "${pages}/seawall.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
