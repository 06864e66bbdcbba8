pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
target_link_libraries(freshet_generator PRIVATE PkgConfig::SQLITE)
