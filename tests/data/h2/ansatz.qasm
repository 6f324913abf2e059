// H2 / STO-3G: unitary coupled cluster with singles and doubles (UCCSD) in one Trotter step, on the
// Jordan-Wigner qubits of hamiltonian.txt (q[0] = g up, q[1] = g down, q[2] = u up, q[3] = u down):
//
//   |psi> = exp(theta_s (S_up - S_up^+)) exp(theta_s (S_down - S_down^+)) exp(theta_d (D - D^+)) |1100>
//   D = a3^+ a2^+ a1 a0      both electrons g -> u
//   S_up = a2^+ a0, S_down = a3^+ a1      one electron g -> u; both spins share theta_s, which keeps the singlet
//
// Each generator is a sum of Pauli words P that commute, so exp(G) is a product of exp(-i t/2 P): go to the
// Z basis, collect the parity on the last qubit, rz(t), go back. Angles are in radians.
OPENQASM 2.0;
include "qelib1.inc";

// Y basis to Z basis, and back.
gate y_in a { sdg a; h a; }
gate y_out a { h a; s a; }
// exp(-i t/2 ZZZ) and exp(-i t/2 ZZZZ).
gate exp_zzz(t) a,b,c { cx a,b; cx b,c; rz(t) c; cx b,c; cx a,b; }
gate exp_zzzz(t) a,b,c,d { cx a,b; cx b,c; cx c,d; rz(t) d; cx c,d; cx b,c; cx a,b; }

qreg q[4];
creg c[4];

// Hartree-Fock: both electrons in g, |1100> with q[0] on the left.
x q[0];
x q[1];

// Double excitation: D - D^+ = i/8 (XXYX - YYYX - YXXX - XYXX + YXYY + XYYY + XXXY - YYXY).
h q[0]; h q[1]; y_in q[2]; h q[3];  // + XXYX
exp_zzzz(-theta_d/4) q[0],q[1],q[2],q[3];
h q[0]; h q[1]; y_out q[2]; h q[3];
y_in q[0]; y_in q[1]; y_in q[2]; h q[3];  // - YYYX
exp_zzzz(theta_d/4) q[0],q[1],q[2],q[3];
y_out q[0]; y_out q[1]; y_out q[2]; h q[3];
y_in q[0]; h q[1]; h q[2]; h q[3];  // - YXXX
exp_zzzz(theta_d/4) q[0],q[1],q[2],q[3];
y_out q[0]; h q[1]; h q[2]; h q[3];
h q[0]; y_in q[1]; h q[2]; h q[3];  // - XYXX
exp_zzzz(theta_d/4) q[0],q[1],q[2],q[3];
h q[0]; y_out q[1]; h q[2]; h q[3];
y_in q[0]; h q[1]; y_in q[2]; y_in q[3];  // + YXYY
exp_zzzz(-theta_d/4) q[0],q[1],q[2],q[3];
y_out q[0]; h q[1]; y_out q[2]; y_out q[3];
h q[0]; y_in q[1]; y_in q[2]; y_in q[3];  // + XYYY
exp_zzzz(-theta_d/4) q[0],q[1],q[2],q[3];
h q[0]; y_out q[1]; y_out q[2]; y_out q[3];
h q[0]; h q[1]; h q[2]; y_in q[3];  // + XXXY
exp_zzzz(-theta_d/4) q[0],q[1],q[2],q[3];
h q[0]; h q[1]; h q[2]; y_out q[3];
y_in q[0]; y_in q[1]; h q[2]; y_in q[3];  // - YYXY
exp_zzzz(theta_d/4) q[0],q[1],q[2],q[3];
y_out q[0]; y_out q[1]; h q[2]; y_out q[3];

// Single excitations: i/2 (YZXI - XZYI) for spin up, i/2 (IYZX - IXZY) for spin down.
y_in q[0]; h q[2];  // + YZXI
exp_zzz(-theta_s) q[0],q[1],q[2];
y_out q[0]; h q[2];
h q[0]; y_in q[2];  // - XZYI
exp_zzz(theta_s) q[0],q[1],q[2];
h q[0]; y_out q[2];
y_in q[1]; h q[3];  // + IYZX
exp_zzz(-theta_s) q[1],q[2],q[3];
y_out q[1]; h q[3];
h q[1]; y_in q[3];  // - IXZY
exp_zzz(theta_s) q[1],q[2],q[3];
h q[1]; y_out q[3];

measure q -> c;
