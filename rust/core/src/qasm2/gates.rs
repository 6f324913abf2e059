//! The built-in gate table: every gate of Qiskit's `qelib1.inc`, the two primitives, and the extras of
//! the specification.

macro_rules! gates {
    ($($variant:ident $name:literal $params:literal $qubits:literal $paper:literal,)*) => {
        /// A gate known without a definition.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)]
        pub enum Gate { $($variant,)* }

        impl Gate {
            /// All gates, in table order.
            pub const ALL: &[Gate] = &[$(Gate::$variant,)*];

            /// Name in OpenQASM 2.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Gate::$variant => $name,)* }
            }

            /// Number of angles.
            #[must_use]
            pub const fn n_params(self) -> u32 {
                // Tables, for this is asked at every call.
                const PARAMS: &[u32] = &[$($params,)*];
                PARAMS[self as usize]
            }

            /// Number of qubits.
            #[must_use]
            pub const fn n_qubits(self) -> u32 {
                const QUBITS: &[u32] = &[$($qubits,)*];
                QUBITS[self as usize]
            }

            /// Whether the `qelib1.inc` of the OpenQASM 2 paper (arXiv:1707.03429) defines it.
            #[must_use]
            pub const fn in_paper(self) -> bool {
                match self { $(Gate::$variant => $paper,)* }
            }

            /// The gate of that name.
            #[must_use]
            #[allow(non_upper_case_globals)]
            pub fn from_name(name: &[u8]) -> Option<Gate> {
                // A `match` on byte strings compiles to comparisons by length and content.
                $(const $variant: &[u8] = $name.as_bytes();)*
                match name { $($variant => Some(Gate::$variant),)* _ => None }
            }
        }
    };
}

// variant, name, angles, qubits, defined by the paper's qelib1.inc
gates! {
    PrimU "U" 3 1 false, PrimCx "CX" 0 2 false,
    Id "id" 0 1 true, X "x" 0 1 true, Y "y" 0 1 true, Z "z" 0 1 true, H "h" 0 1 true,
    S "s" 0 1 true, Sdg "sdg" 0 1 true, T "t" 0 1 true, Tdg "tdg" 0 1 true,
    Sx "sx" 0 1 false, Sxdg "sxdg" 0 1 false,
    Rx "rx" 1 1 true, Ry "ry" 1 1 true, Rz "rz" 1 1 true, P "p" 1 1 false,
    U0 "u0" 1 1 false, U1 "u1" 1 1 true, U2 "u2" 2 1 true, U3 "u3" 3 1 true, U "u" 3 1 false,
    Cx "cx" 0 2 true, Cy "cy" 0 2 true, Cz "cz" 0 2 true, Ch "ch" 0 2 true, Swap "swap" 0 2 false,
    Iswap "iswap" 0 2 false, Csx "csx" 0 2 false,
    Crx "crx" 1 2 false, Cry "cry" 1 2 false, Crz "crz" 1 2 true, Cp "cp" 1 2 false,
    Cu1 "cu1" 1 2 true, Cu3 "cu3" 3 2 true, Cu "cu" 4 2 false,
    Rxx "rxx" 1 2 false, Ryy "ryy" 1 2 false, Rzz "rzz" 1 2 false,
    Ccx "ccx" 0 3 true, Cswap "cswap" 0 3 false, Rccx "rccx" 0 3 false,
    Rc3x "rc3x" 0 4 false, C3x "c3x" 0 4 false, C3sqrtx "c3sqrtx" 0 4 false, C4x "c4x" 0 5 false,
}
