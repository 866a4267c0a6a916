import './styles/tokens.css';
import './styles/webawesome.css';
import './styles/page.css';

import { registerIcons } from './icons.ts';

registerIcons();
void import('./shell/portal.ts');
