export function truth(): string;
export function predictions(model: number): string;
export function attributes(): string;
