cmake_minimum_required(VERSION 3.25)
# cmake -DROOT=... -DOUTPUT=... -P hash_model.cmake: a header with a hash of the sources that decide a simulated
# result. Stored results carry it: they stay valid while documents and commands change, and not when the model does.
file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/sim/*.h ${ROOT}/sim/*.cpp ${ROOT}/emu/quantize.cpp ${ROOT}/emu/format.*)
list(SORT sources)
set(hashes "")
foreach(source ${sources})
  file(SHA1 ${ROOT}/${source} hash)
  string(APPEND hashes "${source} ${hash}\n")
endforeach()
string(SHA1 revision "${hashes}")
string(SUBSTRING ${revision} 0 12 revision)
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT
"// Written by app/hash_model.cmake.
#pragma once
namespace fp6sim::app {
inline constexpr const char* kModelRevision = \"@revision@\";
}
")
