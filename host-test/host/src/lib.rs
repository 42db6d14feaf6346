//! Loads the component, limits it, calls it.
