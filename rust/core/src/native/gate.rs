//! The native gate set: what Maestro's circuit objects and compiled programs offer.

macro_rules! native_gates {
    ($($variant:ident $name:literal $params:literal $qubits:literal,)*) => {
        /// An operation simulators run as it is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum NativeGate { $($variant,)* }

        impl NativeGate {
            /// All of them; the position is the code used in arrays.
            pub const ALL: &[NativeGate] = &[$(NativeGate::$variant,)*];

            /// Name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(NativeGate::$variant => $name,)* }
            }

            /// Number of angles.
            #[must_use]
            pub const fn n_params(self) -> usize {
                match self { $(NativeGate::$variant => $params,)* }
            }

            /// Number of operands (for `measure`: a qubit and a classical bit).
            #[must_use]
            pub const fn n_operands(self) -> usize {
                match self { $(NativeGate::$variant => $qubits,)* }
            }
        }
    };
}

// variant, name, angles, operands
native_gates! {
    Id "id" 0 1, X "x" 0 1, Y "y" 0 1, Z "z" 0 1, H "h" 0 1, S "s" 0 1, Sdg "sdg" 0 1,
    T "t" 0 1, Tdg "tdg" 0 1, Sx "sx" 0 1, Sxdg "sxdg" 0 1,
    P "p" 1 1, Rx "rx" 1 1, Ry "ry" 1 1, Rz "rz" 1 1, U "u" 3 1,
    Cx "cx" 0 2, Cy "cy" 0 2, Cz "cz" 0 2, Ch "ch" 0 2, Csx "csx" 0 2, Swap "swap" 0 2,
    Cp "cp" 1 2, Crx "crx" 1 2, Cry "cry" 1 2, Crz "crz" 1 2, Cu "cu" 4 2,
    Ccx "ccx" 0 3, Cswap "cswap" 0 3,
    Measure "measure" 0 2, Reset "reset" 0 1,
}
