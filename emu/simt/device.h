// Everything a kernel may do, as the host sees it. A device layer forwards to these when g++ compiles it and
// to PTX when nvcc does; kernels call nothing else and never dereference a pointer to global or shared memory
// themselves.
#pragma once

#include "emu/simt/arithmetic.h"
#include "emu/simt/async.h"
#include "emu/simt/collective.h"
#include "emu/simt/memory.h"
#include "emu/simt/thread.h"
#include "emu/simt/warpgroup.h"
