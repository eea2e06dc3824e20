// fp6sim._core: the libraries' calls on arrays. What users see is python/fp6sim/__init__.py.
#include "emu/error.h"
#include "emu/parallel.h"
#include "python/src/bindings.h"

PYBIND11_MODULE(_core, module) {
  using namespace fp6sim;
  // fp6sim.Error is a ValueError: a caller's mistake, named.
  pybind11::register_exception<Error>(module, "Error", PyExc_ValueError).doc() =
      "A caller's mistake: a bad shape, name, value or file. The message names it and what is accepted.";
  module.def("set_thread_count", &emu::set_thread_count);
  python::bind_numbers(module);
  python::bind_packing(module);
  python::bind_tensor_core(module);
#ifdef FP6SIM_PYTHON_SIMULATES
  python::bind_simulate(module);
#endif
}
